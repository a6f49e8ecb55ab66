-- A custom domain name is one account's in one region: nothing but the host tells where a request belongs.
CREATE UNIQUE INDEX domain_names ON resources (id) WHERE kind = 'apigateway.domain-name';
