"""What followups reads: facts for the policy, cards, waitlist rows."""
