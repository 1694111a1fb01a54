"""Everything outside us, in miniature: identity provider, provider plugins and engine, for demo and tests."""
