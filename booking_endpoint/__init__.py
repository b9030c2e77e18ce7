"""What runs on the server: free times, booking POSTs, and nothing else."""
