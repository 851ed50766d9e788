"""Where canvases are kept: in files under one root, or in the tables of a database."""
