-- Of images: when they were built by their own word, how many findings nobody rated (their severity
-- is -1), how many have to be acted on (null: nobody judged it), how many can be mended, and the
-- worst by name.
ALTER TABLE images ADD COLUMN built_at BIGINT;
ALTER TABLE images ADD COLUMN unrated BIGINT NOT NULL DEFAULT 0;
ALTER TABLE images ADD COLUMN act_now BIGINT;
ALTER TABLE images ADD COLUMN fixable BIGINT NOT NULL DEFAULT 0;
ALTER TABLE images ADD COLUMN worst TEXT;
CREATE INDEX images_scanned ON images (scanned_at);
