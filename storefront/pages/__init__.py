"""One small function per page: read the address, run one document, fill one template."""
