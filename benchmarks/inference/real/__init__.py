"""`python -m benchmarks.inference --real MODEL`: five questions about speed that only a real model's weights answer."""
