// Arrow keys walk over the marks of a picture, of which one at a time is in the tab
// order; the mark under the pointer or the focus is read out below. Without this the
// titles and the tables still tell everything.
for (const picture of document.querySelectorAll('.marks')) {
  const marks = [...picture.querySelectorAll('.m')];
  // Chromium lets an SVG element that listens for focus take it, so the figure listens.
  const figure = picture.closest('figure');
  const readout = figure.querySelector('output');
  if (!marks.length) continue;
  let current = marks[0];
  current.tabIndex = 0;

  const titleOf = mark => mark.querySelector('title').textContent;
  const step = (mark, across, by) => {
    const line = mark.hasAttribute('x') ? marks.filter(m => m.getAttribute(across) === mark.getAttribute(across)) : marks;
    return line[line.indexOf(mark) + by];
  };
  const keys = {
    ArrowRight: m => step(m, 'y', 1), ArrowLeft: m => step(m, 'y', -1),
    ArrowDown: m => step(m, 'x', 1), ArrowUp: m => step(m, 'x', -1),
    Home: () => marks[0], End: () => marks.at(-1),
  };
  figure.addEventListener('keydown', event => {
    if (!marks.includes(event.target) || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key](event.target)?.focus();
  });
  figure.addEventListener('focusin', event => {
    if (!marks.includes(event.target)) return;
    current.tabIndex = -1;
    current = event.target;
    current.tabIndex = 0;
    readout.textContent = titleOf(current);
  });
  picture.addEventListener('pointerover', event => {
    const mark = event.target.closest('.m');
    if (mark) readout.textContent = titleOf(mark);
  });
}
