-- What vendors' webhooks brought, by hook and by the vendor's own type: codes alone. Counted in shards, so that deliveries that come at the same time do
-- not wait for each other; a type beyond the first hundreds of a hook counts as 'other'.
CREATE TABLE hook_tally (
  migration   text NOT NULL REFERENCES migration (id),
  hook        text NOT NULL,                    -- the plan's
  type        text NOT NULL,                    -- the vendor's code; empty where there was none
  result      text NOT NULL,                    -- domain/status: HookResult
  code        text NOT NULL,                    -- of a refusal; empty where it is none
  shard       smallint NOT NULL,
  count       bigint NOT NULL,
  last_at     timestamptz NOT NULL,
  PRIMARY KEY (migration, hook, type, result, code, shard)
);
