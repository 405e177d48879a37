-- The image runs this once, when its volume is new. The service's role owns its database, and is not a superuser.
\getenv password MD5_PASSWORD
CREATE ROLE md5 LOGIN PASSWORD :'password';
CREATE DATABASE md5 OWNER md5;
