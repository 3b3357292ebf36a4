// Package reportpage turns the figures of a merge into one page that answers what the
// merge did to its adapters.
//
// Data holds the figures and is also what programs read, as JSON. Write draws them:
// heat maps of layer by kind of module, the adapters' cosines, the singular spectra
// and the graph of stages, as inline SVG, in one HTML file that asks no network for
// anything and says so to the browser with a Content-Security-Policy.
//
// Every picture has a table with the same numbers, and every mark in it can be reached by
// keyboard. Colours are mixed in OKLab between poles that differ in
// lightness, so that equal steps look equal, in grey print and to the colour-blind too.
//
// Package merge/report computes the figures; nothing here computes with tensors.
package reportpage
