"""Credentials that verify offline: Open Badges 3.0 with a Data Integrity proof, and a status list to revoke them.

- `proof`: signs a JSON document and checks that nothing in it was altered (eddsa-jcs-2022).
- `issuer`: keys of an issuer, kept locally, their rotation, and the public document that a verifier holds.
- `badge`: what a credential says, and its schema.
- `status`: the list in which one bit revokes one credential.
- `verifying`: all checks of a credential, each with a sentence.
- `disclosure`: what a credential gives away, and how to show one part of it.
"""
