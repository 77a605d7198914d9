// Everything together.

function layAgain() {
  placed = layOut(living());
  curves = curvesOf(living(), placed);
  showEverything();
}

onChange((what) => {
  if (what === "also") showFilters();
  if (what === "chosen") showDetails();
  if (what !== "chosen" && !listsView.hidden) showLists();
  redraw();
});

summarize();
showFilters();
Object.assign(view, fitted());
applyTheme();
// What is measured: from here on the map is to be seen.
requestAnimationFrame(() => performance.mark("map-drawn"));
