"""A chart of lines over a logarithmic axis, as SVG that reads on light and on dark pages."""

import math

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 60, 40, 34, 48


def chart(lines, marks, low, high, x_ticks, y_ticks, x_label, y_label):
    """lines: {name: (colour, [(x, y), …])}; marks: {name: x}, vertical; low and high: corners (x, y)."""

    def at(x, y):
        right = math.log(x / low[0]) / math.log(high[0] / low[0])
        up = (y - low[1]) / (high[1] - low[1])
        return LEFT + right * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - TOP)

    def text(x, y, words, anchor="middle", colour="#333", more=""):
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{more}>{words}</text>'

    def line(x1, y1, x2, y2, style):
        return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {style}/>'

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#fff"/>',
        f'<clipPath id="inside"><rect x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"/></clipPath>',
    ]
    for y in y_ticks:
        (x1, height), (x2, _) = at(low[0], y), at(high[0], y)
        out += [line(x1, height, x2, height, f'stroke="{"#888" if y == 0 else "#e4e4e4"}"'), text(x1 - 8, height + 4, f"{y:g}", "end")]
    for x in x_ticks:
        across, height = at(x, low[1])
        out += [line(across, height, across, height + 5, 'stroke="#888"'), text(across, height + 20, f"{x:g}")]
    for name, x in marks.items():
        (across, bottom), (_, top) = at(x, low[1]), at(x, high[1])
        out += [line(across, bottom, across, top, 'stroke="#888" stroke-dasharray="4 4"'), text(across, top - 10, name)]
    for i, (name, (colour, points)) in enumerate(lines.items()):
        path = " ".join("{:.1f},{:.1f}".format(*at(*p)) for p in points)
        x, y = at(*points[len(points) // 4])
        out += [f'<polyline points="{path}" clip-path="url(#inside)" fill="none" stroke="{colour}" stroke-width="2.5"/>',
                text(x, y + (24 if i else -16), name, colour=colour, more=' font-weight="bold"')]  # the first above, others below
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out += [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_label),
            text(18, middle, y_label, more=f' transform="rotate(-90 18 {middle:.0f})"'), "</svg>", ""]
    return "\n".join(out)
