/** What happened to one account, and who was given its data, is asked for by account. */
export const disclosures = `
create index security_events_by_account on safekeep.security_events (realm, account, id) where account is not null;
`;
