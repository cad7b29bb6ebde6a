"""The native dialect: Action, PublicKey, Signature in; RetCode, Message out."""
