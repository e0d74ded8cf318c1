"""The gateway beside the litellm proxy and the bare fake model that all of them stand before."""
