"""Clarify: policies that may ask back, trained in several ways on few conversations, and judged by where these lead."""
