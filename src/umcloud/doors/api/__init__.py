"""The modern interface for programs, `/v1`: JSON in, JSON out, problems by RFC 9457."""
