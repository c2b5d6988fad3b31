"""Answers to a planner's questions, each with its reasons."""
