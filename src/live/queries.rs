//! The queries of the catalogs. Each gives all rows of its kind at once.

/// Opens the transaction. The settings make the server print expressions and types in one way, whatever the role
/// or the database has set: names of `public` unqualified, all others qualified, literals as SQL reads them.
/// Compiling a query would take longer than running it.
pub(super) const BEGIN: &str = "\
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL search_path = public;
    SET LOCAL quote_all_identifiers = off;
    SET LOCAL datestyle = 'ISO, YMD';
    SET LOCAL intervalstyle = 'postgres';
    SET LOCAL timezone = 'UTC';
    SET LOCAL extra_float_digits = 1;
    SET LOCAL bytea_output = 'hex';
    SET LOCAL xmloption = 'content';
    SET LOCAL jit = off";

pub(super) const NAMESPACES: &str = "\
    SELECT n.nspname::text
    FROM pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')
      AND NOT EXISTS (SELECT FROM pg_depend d
          WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')";

/// PL/pgSQL is in every database from the start.
pub(super) const EXTENSIONS: &str = "SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql'";

pub(super) const ENUMS: &str = "\
    SELECT n.nspname::text, t.typname::text, c.description,
        ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_description c ON c.classoid = 'pg_type'::regclass AND c.objoid = t.oid AND c.objsubid = 0
    WHERE t.typtype = 'e' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d
          WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')";

/// Which functions (`p`) a schema can hold: in PL/pgSQL, without arguments, without any attribute but parameters of the
/// server that one literal sets; those named here are lists of names.
const PLAIN_FUNCTION: &str = "\
    p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
    AND p.prokind = 'f' AND p.pronargs = 0 AND NOT p.proretset
    AND NOT p.prosecdef AND NOT p.proisstrict AND NOT p.proleakproof
    AND p.provolatile = 'v' AND p.proparallel = 'u'
    AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting
        WHERE setting ~ '^(search_path|temp_tablespaces|local_preload_libraries|session_preload_libraries)=')";

/// Which triggers (`t`) a schema can hold: without condition, columns, arguments or transition tables, and switched on.
/// The bits of `tgtype` are those of `catalog/pg_trigger.h`: 1 row, 2 before, 4 insert, 8 delete, 16 update,
/// 32 truncate, 64 instead.
const PLAIN_TRIGGER: &str = "\
    t.tgtype & 96 = 0 AND t.tgqual IS NULL AND t.tgnargs = 0
    AND cardinality(t.tgattr::int2[]) = 0 AND t.tgconstraint = 0 AND t.tgenabled = 'O'
    AND t.tgoldtable IS NULL AND t.tgnewtable IS NULL";

/// The tables that a schema holds: not those of extensions, no partitions, not the bookkeeping of sqlx.
const OWN_TABLES: &str = "\
    WITH own_table AS (
        SELECT c.oid, n.nspname::text AS namespace, c.relname::text AS name
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
          AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname <> '_sqlx_migrations'
          AND NOT EXISTS (SELECT FROM pg_depend d
              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    )";

pub(super) fn functions() -> String {
    format!(
        "SELECT n.nspname::text, p.proname::text, format_type(p.prorettype, NULL), p.prosrc, c.description, p.proconfig
        FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        LEFT JOIN pg_description c ON c.classoid = 'pg_proc'::regclass AND c.objoid = p.oid AND c.objsubid = 0
        WHERE p.oid >= 16384 AND {PLAIN_FUNCTION}
          AND NOT EXISTS (SELECT FROM pg_depend d
              WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')"
    )
}

pub(super) fn tables() -> String {
    format!(
        "{OWN_TABLES}
        SELECT t.namespace, t.name, c.description, p.partstrat::text,
            ARRAY(SELECT a.attname::text
                FROM unnest(p.partattrs::int2[]) WITH ORDINALITY AS key (number, position)
                JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = key.number
                ORDER BY key.position)
        FROM own_table t
        LEFT JOIN pg_partitioned_table p ON p.partrelid = t.oid
        LEFT JOIN pg_description c ON c.classoid = 'pg_class'::regclass AND c.objoid = t.oid AND c.objsubid = 0"
    )
}

/// Whether a column is NOT NULL is read from `pg_attribute`, where every version says it; that PostgreSQL 18 also
/// writes a constraint for it (`contype` `n`) does not matter here.
pub(super) fn columns() -> String {
    format!(
        "{OWN_TABLES}
        SELECT t.namespace, t.name, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
            a.attidentity = 'd', a.attgenerated = 's', pg_get_expr(e.adbin, e.adrelid), c.description
        FROM own_table t
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef e ON e.adrelid = t.oid AND e.adnum = a.attnum
        LEFT JOIN pg_description c
            ON c.classoid = 'pg_class'::regclass AND c.objoid = t.oid AND c.objsubid = a.attnum
        ORDER BY t.oid, a.attnum"
    )
}

/// A foreign key that points at a partitioned table has a row for each partition besides its own; those have a parent.
pub(super) fn constraints() -> String {
    format!(
        "{OWN_TABLES}
        SELECT t.namespace, t.name, c.conname::text, c.contype::text,
            ARRAY(SELECT a.attname::text
                FROM unnest(c.conkey) WITH ORDINALITY AS key (number, position)
                JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = key.number
                ORDER BY key.position),
            coalesce(i.indnullsnotdistinct, false), pg_get_expr(c.conbin, c.conrelid),
            target_namespace.nspname::text, target.relname::text,
            ARRAY(SELECT a.attname::text
                FROM unnest(c.confkey) WITH ORDINALITY AS key (number, position)
                JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = key.number
                ORDER BY key.position),
            c.confdeltype::text, c.confupdtype::text, c.condeferrable AND c.condeferred
        FROM own_table t
        JOIN pg_constraint c ON c.conrelid = t.oid
        LEFT JOIN pg_index i ON i.indexrelid = c.conindid
        LEFT JOIN pg_class target ON target.oid = c.confrelid
        LEFT JOIN pg_namespace target_namespace ON target_namespace.oid = target.relnamespace
        WHERE c.contype IN ('p', 'u', 'c', 'f') AND c.conparentid = 0"
    )
}

/// `indkey` holds 0 where a part is an expression; the columns after `indnkeyatts` are those of INCLUDE.
pub(super) fn indexes() -> String {
    format!(
        "{OWN_TABLES}
        SELECT t.namespace, t.name, index.relname::text, m.amname::text, i.indisunique, i.indnullsnotdistinct,
            ARRAY(SELECT a.attname::text
                FROM generate_series(1, i.indnatts) AS part
                LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = nullif(i.indkey[part - 1], 0)
                ORDER BY part),
            ARRAY(SELECT CASE WHEN i.indkey[part - 1] = 0 THEN pg_get_indexdef(i.indexrelid, part, false) END
                FROM generate_series(1, i.indnkeyatts) AS part ORDER BY part),
            ARRAY(SELECT i.indoption[part - 1] FROM generate_series(1, i.indnkeyatts) AS part ORDER BY part),
            ARRAY(SELECT CASE WHEN NOT o.opcdefault THEN o.opcname::text END
                FROM generate_series(1, i.indnkeyatts) AS part
                JOIN pg_opclass o ON o.oid = i.indclass[part - 1] ORDER BY part),
            pg_get_expr(i.indpred, i.indrelid), c.description
        FROM own_table t
        JOIN pg_index i ON i.indrelid = t.oid
        JOIN pg_class index ON index.oid = i.indexrelid
        JOIN pg_am m ON m.oid = index.relam
        LEFT JOIN pg_description c
            ON c.classoid = 'pg_class'::regclass AND c.objoid = index.oid AND c.objsubid = 0
        WHERE i.indisvalid
          AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))"
    )
}

pub(super) fn triggers() -> String {
    format!(
        "{OWN_TABLES}
        SELECT own.namespace, own.name, t.tgname::text, t.tgtype, n.nspname::text, p.proname::text
        FROM own_table own
        JOIN pg_trigger t ON t.tgrelid = own.oid AND NOT t.tgisinternal AND t.tgparentid = 0
        JOIN pg_proc p ON p.oid = t.tgfoid
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {PLAIN_TRIGGER}"
    )
}

/// Partitions by hash and by list; those by range are data.
pub(super) fn partitions() -> String {
    format!(
        "{OWN_TABLES}
        SELECT t.namespace, t.name, part.relname::text, pg_get_expr(part.relpartbound, part.oid)
        FROM own_table t
        JOIN pg_partitioned_table p ON p.partrelid = t.oid AND p.partstrat IN ('h', 'l')
        JOIN pg_inherits h ON h.inhparent = t.oid
        JOIN pg_class part ON part.oid = h.inhrelid"
    )
}

/// What stands in the database, is not built in, is of no extension, and has no place in a schema.
/// 16384 is `FirstNormalObjectId` of `access/transam.h`: what is below came with the server.
pub(super) fn other_objects() -> String {
    format!(
        "SELECT pg_describe_object(o.class, o.oid, 0)
        FROM (
            SELECT 'pg_class'::regclass AS class, c.oid FROM pg_class c WHERE c.relkind IN ('v', 'm', 'f', 'c')
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid FROM pg_class c WHERE c.relkind = 'S' AND NOT EXISTS (
                SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid FROM pg_class c
            JOIN pg_inherits h ON h.inhrelid = c.oid
            JOIN pg_partitioned_table p ON p.partrelid = h.inhparent AND p.partstrat = 'r'
            WHERE c.relispartition AND c.relkind IN ('r', 'p')
            UNION ALL
            SELECT 'pg_class'::regclass, i.indexrelid FROM pg_index i WHERE NOT i.indisvalid
            UNION ALL
            SELECT 'pg_type'::regclass, t.oid FROM pg_type t
            WHERE t.typtype IN ('d', 'r') OR (t.typtype = 'b' AND t.typcategory <> 'A')
            UNION ALL
            SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p WHERE NOT ({PLAIN_FUNCTION})
            UNION ALL
            SELECT 'pg_trigger'::regclass, t.oid FROM pg_trigger t
            WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND NOT ({PLAIN_TRIGGER})
            UNION ALL
            SELECT 'pg_rewrite'::regclass, r.oid FROM pg_rewrite r WHERE r.rulename <> '_RETURN'
            UNION ALL
            SELECT 'pg_constraint'::regclass, c.oid FROM pg_constraint c WHERE c.contype = 'x'
            UNION ALL SELECT 'pg_policy'::regclass, oid FROM pg_policy
            UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
            UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
            UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator
            UNION ALL SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily
            UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass
            UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast
            UNION ALL SELECT 'pg_collation'::regclass, oid FROM pg_collation
            UNION ALL SELECT 'pg_conversion'::regclass, oid FROM pg_conversion
            UNION ALL SELECT 'pg_language'::regclass, oid FROM pg_language
            UNION ALL SELECT 'pg_am'::regclass, oid FROM pg_am
            UNION ALL SELECT 'pg_transform'::regclass, oid FROM pg_transform
            UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config
            UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict
            UNION ALL SELECT 'pg_ts_parser'::regclass, oid FROM pg_ts_parser
            UNION ALL SELECT 'pg_ts_template'::regclass, oid FROM pg_ts_template
            UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
            UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
            UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication
            UNION ALL SELECT 'pg_largeobject'::regclass, oid FROM pg_largeobject_metadata
        ) AS o
        WHERE o.oid >= 16384
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
        UNION ALL
        SELECT format('virtual or always generated column %s of %s', a.attname, a.attrelid::regclass)
        FROM pg_attribute a
        WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
          AND (a.attidentity = 'a' OR a.attgenerated NOT IN ('', 's'))
        UNION ALL
        SELECT format('expression in the partition key of %s', p.partrelid::regclass)
        FROM pg_partitioned_table p
        WHERE 0 = ANY (p.partattrs::int2[])
        UNION ALL
        -- A schema knows how many partitions by hash there are, and so must each of them.
        SELECT DISTINCT format('partitions of %s, too few or of several moduli', h.inhparent::regclass)
        FROM (
            SELECT h.inhparent, count(*) OVER (PARTITION BY h.inhparent) AS partitions,
                (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'modulus (\\d+)'))[1]::int AS modulus
            FROM pg_inherits h
            JOIN pg_partitioned_table p ON p.partrelid = h.inhparent AND p.partstrat = 'h'
            JOIN pg_class c ON c.oid = h.inhrelid
        ) AS h
        WHERE h.partitions <> h.modulus"
    )
}
