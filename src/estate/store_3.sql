-- Whom a tenant is asked as, and the account that this is, where a person signs in.
ALTER TABLE tenants ADD COLUMN access TEXT;
ALTER TABLE tenants ADD COLUMN account TEXT;
