"""Questions about dgrc that are answered by measurement, one a file; recorded answers lie in results/."""
