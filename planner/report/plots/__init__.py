"""Pictures as SVG, in a page or as files beside a Markdown report."""
