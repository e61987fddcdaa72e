"""What the integration tests need: servers, the loader as a process, and an independent reader of what it stored."""
