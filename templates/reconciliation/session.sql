-- What every session of a reconciliation runs first, so that the settings of two servers do not show in what they say.

SET client_encoding = 'UTF8';
SET application_name = 'freehold reconciliation';
SET search_path = public;
SET default_transaction_read_only = on;
-- A policy that hides rows is an error, instead of rows that seem to be missing.
SET row_security = off;

SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'iso_8601';
SET extra_float_digits = 1;
SET bytea_output = 'hex';
SET lc_monetary = 'C';
SET xmloption = 'content';
SET standard_conforming_strings = on;

SET lock_timeout = '5s';
SET statement_timeout = '10min';

-- Chunks are told by parameters: a plan that does not know them could read the whole table for each.
SET plan_cache_mode = force_custom_plan;
SET jit = off;
