"""Pages and what they call: every route, and what stands guard before them."""
