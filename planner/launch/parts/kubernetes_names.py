"""Patterns of the names that the API of Kubernetes takes.

Source: kubernetes.io/docs/concepts/overview/working-with-objects, names and labels
"""

from __future__ import annotations

#: of an object such as a Secret or a claim: a DNS subdomain
OBJECT = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
#: the part of a key behind its prefix, and the value of a label
NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
#: the key of a label, or a resource: nvidia.com/gpu
QUALIFIED = rf"({OBJECT}/)?{NAME}"
