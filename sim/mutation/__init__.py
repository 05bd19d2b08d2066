"""Mutation testing: do the tests notice a small mistake in the gateware or the model? See MUTATION.md beside."""
