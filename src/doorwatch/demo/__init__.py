"""A building in a box: every process of the product, with a simulated PACS and camera."""
