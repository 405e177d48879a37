-- Run once, by the image, when its volume is new: the service's role owns its database, and is no superuser.
\getenv password MD5_PASSWORD
CREATE ROLE md5 LOGIN PASSWORD :'password';
CREATE DATABASE md5 OWNER md5;
