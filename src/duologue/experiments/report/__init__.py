"""Reports: one self-contained HTML file per run; figures are drawn by matplotlib as SVG, nothing is fetched."""
