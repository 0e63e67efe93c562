"""Verbs: enrol, answer, attempt, complete, certify … Each is a plain function that is passed the actor and the moment,
and each is one transaction. What a verb declines it declines with `Refused`, in words for the person concerned.
"""
