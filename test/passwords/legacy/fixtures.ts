import type { LegacyScheme } from '../../../src/passwords/index.js';

/** A hash that the original software made, or that its makers published. */
export interface Fixture {
  readonly scheme: LegacyScheme;
  readonly source: string;
  readonly stored: string;
  readonly password: string;
}

const rows: readonly (readonly [scheme: LegacyScheme, source: string, stored: string, password: string])[] = [
  [
    'bcrypt',
    'passlib 1.7.4, bcrypt 2b',
    '$2b$05$FyIa0SuGBJiVSOVigubhh.jHJHKIxgAYFz6rDKK8YtLv2G/tRxtz2',
    'salt marsh at low tide',
  ],
  [
    'bcrypt',
    'passlib 1.7.4, bcrypt 2a',
    '$2a$05$8.5telFLW.TOXnnXjV17WOwy3c8UN68c049cYccKYIeOvnY2mUMM2',
    'salt marsh at low tide',
  ],
  [
    'bcrypt',
    'passlib 1.7.4, django_bcrypt',
    'bcrypt$$2b$05$5V/j3TNk5s1WXweqbcVcs.CptqOTyDj3dr3IVfPjr1EXaiTNAV972',
    'salt marsh at low tide',
  ],
  [
    'bcrypt',
    'passlib 1.7.4, django_bcrypt_sha256',
    'bcrypt_sha256$$2b$05$NhgIZ8ZFGVKE1JFMx8rEo.uHBo6IjUdjCy7mIrCHndfuVZLgRu5Ju',
    'salt marsh at low tide',
  ],
  [
    'pbkdf2',
    'passlib 1.7.4, pbkdf2_sha1',
    '$pbkdf2$2000$ZgyhVIrxvnfuXcvZ./8fow$IyiCSxkVhMX4Etnu3cHRNycCRMo',
    'salt marsh at low tide',
  ],
  [
    'pbkdf2',
    'passlib 1.7.4, pbkdf2_sha256',
    '$pbkdf2-sha256$2000$YmwtpZRSyrn3ntO6d86Z8w$sLbXKcyBLrCUoXw/0KdSkUqFm4Cgrm7wtbB3e9MMbzQ',
    'salt marsh at low tide',
  ],
  [
    'pbkdf2',
    'passlib 1.7.4, pbkdf2_sha512',
    '$pbkdf2-sha512$2000$XssZ4/y/V4pRKuWck3LunQ$1dZc/0CLRxkg8s.c1Yq/KmrtuaSjoYLDRwjREgWqfkRJ/MCgDPvmJ.1k/.fLHmUqqFkLTnwMpK9L.ArX/XRHGQ',
    'salt marsh at low tide',
  ],
  [
    'scrypt',
    'passlib 1.7.4, scrypt',
    '$scrypt$ln=10,r=8,p=2$8n6vFSKE0FoLQWjNuXeu9Q$LfO1S/cukix4vNI2EMMVksy7jrSEzamcHv66acZYvUw',
    'salt marsh at low tide',
  ],
  ['md5-crypt', 'passlib 1.7.4, md5_crypt', '$1$XeFpiBpB$65ccaP9NjbZhaRnQbTt/G.', 'salt marsh at low tide'],
  [
    'sha256-crypt',
    'passlib 1.7.4, sha256_crypt',
    '$5$rounds=1000$qqCpqoKq3gtpGbVi$79bdZ4ceQZT6km5p/hf8aEJXNrP7vkcXsu4QMnpDGd9',
    'salt marsh at low tide',
  ],
  [
    'sha512-crypt',
    'passlib 1.7.4, sha512_crypt',
    '$6$rounds=1234$vpIYsOBcASvOW86p$kotfVXDWoP/t7q0VQlIflwPYo9KN/DDAeud5ETBOGQRiEZ06q4/bxylSHoDvtALmv3PYKjs9raUFyCuT/F4ym1',
    'salt marsh at low tide',
  ],
  ['ldap', 'passlib 1.7.4, ldap_salted_sha1', '{SSHA}7NmWJKd0lLjizclPD5bQp0C6YlS/t7bW', 'salt marsh at low tide'],
  ['ldap', 'passlib 1.7.4, ldap_salted_md5', '{SMD5}2uTPSsF5Dhkj41WdvV7vgi4FQMg=', 'salt marsh at low tide'],
  [
    'ldap',
    'passlib 1.7.4, ldap_salted_sha256',
    '{SSHA256}+3hstUzFkgNIpz7tenpcpybLje0+qUVwOth+6cWgE0j3PmdMiVHKOQ==',
    'salt marsh at low tide',
  ],
  [
    'ldap',
    'passlib 1.7.4, ldap_salted_sha512',
    '{SSHA512}iuWfug9FqUqptpn2CBTho7xQjS4pJeypMkXJ7ABNvzgLNdFNmeWeKJpbAxsBBgY3QM5FhTAQQYc97M43qAtlRtU65/zfmxPC',
    'salt marsh at low tide',
  ],
  ['phpass', 'passlib 1.7.4, phpass $P$', '$P$6Yt/zYXqN.F59mFE7SsYmrdSoD4Xa2/', 'salt marsh at low tide'],
  ['phpass', 'passlib 1.7.4, phpass $H$', '$H$61.O996YB0XqPKH41sRkDFJfMPpImh1', 'salt marsh at low tide'],
  [
    'bcrypt',
    'passlib 1.7.4, bcrypt 2b',
    '$2b$05$SjeJqSHXqEp5vk/2uDZhGu9YzAG/kFg8W8fyPVdUMRuACocPFYRzW',
    'Vier K\u00e4hne liegen quer',
  ],
  [
    'pbkdf2',
    'passlib 1.7.4, pbkdf2_sha256',
    '$pbkdf2-sha256$2000$vNc651yLUcqZE4JQqlUKIQ$XDNNxGD1Tbi9N9RKj8CvzvuDraXbGDdnOeNiXgrk0zE',
    'Vier K\u00e4hne liegen quer',
  ],
  ['md5-crypt', 'passlib 1.7.4, md5_crypt', '$1$hLx5irdM$.WRunDRu71TAJYIseP3PK.', 'Vier K\u00e4hne liegen quer'],
  [
    'sha512-crypt',
    'passlib 1.7.4, sha512_crypt',
    '$6$rounds=1234$1V/n8KWqrwa1GK6m$V1ul9pboHbsIZbQ4H3Mcd6m09RwrIbWuYG2msE1c.j66iGJPno4FV33GXVxgxxc/XMX35xxNJ/xh6aR7FRBxv1',
    'Vier K\u00e4hne liegen quer',
  ],
  ['ldap', 'passlib 1.7.4, ldap_salted_sha1', '{SSHA}bA4HAw0M/micbGTvUd3zjFa+0O2wNgag', 'Vier K\u00e4hne liegen quer'],
  ['phpass', 'passlib 1.7.4, phpass $P$', '$P$6rxj.ouceWsRxxZKgFav6ffJ6KciEa1', 'Vier K\u00e4hne liegen quer'],
  [
    'salted-digest',
    'Django 3.2.25, sha1',
    'sha1$IPAfW1A1HYALaiAes7EH3W$d09aa0ec7ade5b3c65fdd69ecdef21bb5fa33421',
    'salt marsh at low tide',
  ],
  [
    'pbkdf2',
    'Django 5.2.17, pbkdf2_sha256',
    'pbkdf2_sha256$3000$HXpm0XDpF8mD7PrQUBnJ3y$mZhnRy1dvH/noehdgZytymDaqBjRzXTN7VW2RmYfzBc=',
    'salt marsh at low tide',
  ],
  [
    'pbkdf2',
    'Django 5.2.17, pbkdf2_sha1',
    'pbkdf2_sha1$3000$LdcqCTYk3ORs3lr7ilADlZ$HY745zIPzmNUqnadJYbVB5nd0Wk=',
    'salt marsh at low tide',
  ],
  [
    'argon2',
    'Django 5.2.17, argon2',
    'argon2$argon2id$v=19$m=8192,t=2,p=8$OHlRd1JRa21FRUFHQkVYbnZQand3bw$L0buqG6oUBxiQTi+fsIHhg',
    'salt marsh at low tide',
  ],
  [
    'bcrypt',
    'Django 5.2.17, bcrypt_sha256',
    'bcrypt_sha256$$2b$05$x5HXCXVix/wWfi7.gKHN1e9fgOaptv28dd1YSgqSzLCNPhbbjVNgu',
    'salt marsh at low tide',
  ],
  [
    'bcrypt',
    'Django 5.2.17, bcrypt',
    'bcrypt$$2b$05$OdFltdw/CI3fK98nq61Ro.WOUA76SnvEI1KmZK90S0yYsy89khSqG',
    'salt marsh at low tide',
  ],
  [
    'salted-digest',
    'Django 5.2.17, md5',
    'md5$JnowakjghDMnbhtoGkk1N6$c4deac9ad042b016f1b5462c13073a15',
    'salt marsh at low tide',
  ],
  [
    'scrypt',
    'Django 5.2.17, scrypt',
    'scrypt$4096$q6jlAmKRpenuczDEyyiy8e$8$5$9svZTq5VBRtJkQ80d3g+cynBQQmiWP9e5xB1Ek7sWUno1Hq0J8AkJkTw1mMpojifHu5DL+Bw3Ps/Pxk/hYAa0g==',
    'salt marsh at low tide',
  ],
  ['md5-crypt', 'OpenSSL 3.0, passwd -1', '$1$saltsalt$pe.2hGwbNNzkeuMl6MIS81', 'salt marsh at low tide'],
  ['md5-crypt', 'OpenSSL 3.0, passwd -apr1', '$apr1$saltsalt$rAg9AvE3rBFL8NlEW0rx//', 'salt marsh at low tide'],
  [
    'sha256-crypt',
    'OpenSSL 3.0, passwd -5',
    '$5$saltsaltsaltsalt$r2Cmq5HmwbUvQiYys2yZzZfAt.fTbCnOqQPCs/o4IK1',
    'salt marsh at low tide',
  ],
  [
    'sha512-crypt',
    'OpenSSL 3.0, passwd -6',
    '$6$saltsaltsaltsalt$ot3D1QzoPCs3yJdYH1GFHV2zM14QxAi2u2Y3v6SfqXyWioIF8YY1rgj019VLTIIKxtX0zVeXyW/XuHOAk4WMg0',
    'salt marsh at low tide',
  ],
  ['md5-crypt', 'htpasswd of Apache 2.4, -m', '$apr1$7gvkB94p$4PolGz0armNTFrsZuAGXs1', 'salt marsh at low tide'],
  [
    'bcrypt',
    'htpasswd of Apache 2.4, -B',
    '$2y$05$Co6uBRjN6Emu/HbieAEcmOJ347jTmrArgM4w2ULIULYKfIWgQgLLK',
    'salt marsh at low tide',
  ],
  [
    'bcrypt',
    'PHP 8.2 password_hash, as Laravel',
    '$2y$05$enT0LXXYxNySCUJzgwwBm.M7vArxubyVAQcK0kzrTMfIvVmseKdxm',
    'salt marsh at low tide',
  ],
  ['bcrypt', 'crypt_blowfish, wrapper.c', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['bcrypt', 'crypt_blowfish, wrapper.c', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK', 'U*U*'],
  ['bcrypt', 'crypt_blowfish, wrapper.c', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
  [
    'bcrypt',
    'crypt_blowfish, wrapper.c',
    '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
  ],
  [
    'sha256-crypt',
    'Drepper, SHA-crypt.txt',
    '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
    'Hello world!',
  ],
  [
    'sha256-crypt',
    'Drepper, SHA-crypt.txt',
    '$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5',
    'This is just a test',
  ],
  [
    'sha256-crypt',
    'Drepper, SHA-crypt.txt',
    '$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1',
    'a very much longer text to encrypt.  This one even stretches over morethan one line.',
  ],
  [
    'sha256-crypt',
    'Drepper, SHA-crypt.txt',
    '$5$rounds=1000$roundstoolow$yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC',
    'the minimum number is still observed',
  ],
  [
    'sha512-crypt',
    'Drepper, SHA-crypt.txt',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    'Hello world!',
  ],
  [
    'sha512-crypt',
    'Drepper, SHA-crypt.txt',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
    'Hello world!',
  ],
  [
    'sha512-crypt',
    'Drepper, SHA-crypt.txt',
    '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
    'a very much longer text to encrypt.  This one even stretches over morethan one line.',
  ],
  [
    'aspnet-identity',
    'dotnet/aspnetcore, PasswordHasherTest.cs, version 2',
    'AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==',
    'my password',
  ],
  [
    'aspnet-identity',
    'dotnet/aspnetcore, PasswordHasherTest.cs, version 3',
    'AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
    'my password',
  ],
  [
    'aspnet-identity',
    'dotnet/aspnetcore, PasswordHasherTest.cs, version 2',
    'ANXrDknc7fGPpigibZXXZFMX4aoqz44JveK6jQuwY3eH/UyPhvr5xTPeGYEckLxz9A==',
    'my password',
  ],
  [
    'aspnet-identity',
    'dotnet/aspnetcore, PasswordHasherTest.cs, version 3, SHA-512, 50',
    'AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw',
    'my password',
  ],
  [
    'aspnet-identity',
    'dotnet/aspnetcore, PasswordHasherTest.cs, version 3, SHA-512, tag of 64',
    'AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw==',
    'my password',
  ],
  [
    'aspnet-identity',
    'dotnet/aspnetcore, PasswordHasherTest.cs, version 3, SHA-1',
    'AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M',
    'my password',
  ],
];

export const fixtures: readonly Fixture[] = rows.map(([scheme, source, stored, password]) => ({
  scheme,
  source,
  stored,
  password,
}));
