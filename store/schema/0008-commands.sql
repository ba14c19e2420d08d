-- Which command put a split's epoch into force. Given again after that, it is waited for and not carried out again.
ALTER TABLE split ADD COLUMN command text;      -- null: none that is ever given again
