-- Where a place changed hands within a month, both accounts are billed for their part of it: each
-- has a proposal of its own.
drop index validation_proposal_open;
create unique index validation_proposal_open
  on validation_proposal (kind, usage_point_id, account_id, business_month) nulls not distinct
  where state = 'open';
