//! Types that well-known extensions bring, as data.

/// What stands in parentheses after an extension's type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Modifiers {
    None,
    /// One whole number of dimensions, up to a limit.
    Dimensions(u32),
    /// A shape of geometry and a reference system: `(Point,4326)`.
    Geometry,
}

struct ExtensionType {
    extension: &'static str,
    name: &'static str,
    modifiers: Modifiers,
}

const fn plain(extension: &'static str, name: &'static str) -> ExtensionType {
    ExtensionType { extension, name, modifiers: Modifiers::None }
}

const fn with(extension: &'static str, name: &'static str, modifiers: Modifiers) -> ExtensionType {
    ExtensionType { extension, name, modifiers }
}

/// From the manuals of PostgreSQL ("Additional Supplied Modules"), pgvector and PostGIS.
const TYPES: &[ExtensionType] = &[
    plain("citext", "citext"),
    plain("hstore", "hstore"),
    plain("ltree", "ltree"),
    plain("ltree", "lquery"),
    plain("ltree", "ltxtquery"),
    plain("cube", "cube"),
    plain("seg", "seg"),
    plain("intarray", "query_int"),
    plain("isn", "ean13"),
    plain("isn", "isbn13"),
    plain("isn", "isbn"),
    plain("isn", "ismn13"),
    plain("isn", "ismn"),
    plain("isn", "issn13"),
    plain("isn", "issn"),
    plain("isn", "upc"),
    with("vector", "vector", Modifiers::Dimensions(16_000)),
    with("vector", "halfvec", Modifiers::Dimensions(16_000)),
    with("vector", "sparsevec", Modifiers::Dimensions(1_000_000_000)),
    with("postgis", "geometry", Modifiers::Geometry),
    with("postgis", "geography", Modifiers::Geometry),
    plain("postgis", "box2d"),
    plain("postgis", "box3d"),
    plain("postgis_raster", "raster"),
    plain("postgis_topology", "topogeometry"),
];

/// Extensions whose types are known to be those above, or to be none.
#[rustfmt::skip]
const WITHOUT_TYPES: &[&str] = &[
    "adminpack", "amcheck", "auto_explain", "autoinc", "bloom", "btree_gin", "btree_gist", "dblink", "dict_int",
    "dict_xsyn", "earthdistance", "file_fdw", "fuzzystrmatch", "insert_username", "intagg", "moddatetime",
    "pageinspect", "pg_buffercache", "pg_cron", "pg_freespacemap", "pg_partman", "pg_prewarm",
    "pg_stat_statements", "pg_surgery", "pg_trgm", "pg_visibility", "pg_walinspect", "pgcrypto", "pgrowlocks",
    "pgstattuple", "plpgsql", "postgres_fdw", "refint", "sslinfo", "tablefunc", "tcn", "tsm_system_rows",
    "tsm_system_time", "unaccent", "uuid-ossp", "xml2",
];

/// Whether all types of an extension are known here. One that is not may bring any type.
pub fn is_known_extension(extension: &str) -> bool {
    WITHOUT_TYPES.contains(&extension) || TYPES.iter().any(|known| known.extension == extension)
}

/// The extension that brings a type, where it is known.
pub fn extension_of_type(text: &str) -> Option<&'static str> {
    TYPES.iter().map(|known| known.extension).find(|extension| extension_type(extension, text).is_some())
}

/// A type that an extension brings, in PostgreSQL's spelling: `vector(384)`, `geometry(Point,4326)`, `citext[]`.
/// `None` where it brings no such type, or the type does not take these modifiers.
pub fn extension_type(extension: &str, text: &str) -> Option<String> {
    if text.len() > 256 {
        return None;
    }
    let trimmed = text.trim();
    let element = trimmed.strip_suffix("[]").map_or(trimmed, str::trim_end);
    let (name, inside) = match element.split_once('(') {
        None => (element, None),
        Some((name, rest)) => (name.trim_end(), Some(rest.strip_suffix(')')?.trim())),
    };
    let known =
        TYPES.iter().find(|known| known.extension == extension && known.name.eq_ignore_ascii_case(name))?;
    let modifiers = match inside {
        None => String::new(),
        Some(inside) => modifiers(known.modifiers, inside)?,
    };
    let brackets = if element.len() < trimmed.len() { "[]" } else { "" };
    Some(format!("{}{modifiers}{brackets}", known.name))
}

fn modifiers(kind: Modifiers, inside: &str) -> Option<String> {
    match kind {
        Modifiers::None => None,
        Modifiers::Dimensions(limit) => {
            let dimensions: u32 = inside.parse().ok()?;
            (1..=limit).contains(&dimensions).then(|| format!("({dimensions})"))
        }
        Modifiers::Geometry => geometry(inside),
    }
}

/// Shapes that PostGIS's `geometry` can be limited to, each also with `Z`, `M` or `ZM`.
#[rustfmt::skip]
const SHAPES: &[&str] = &[
    "Geometry", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
    "GeometryCollection", "CircularString", "CompoundCurve", "CurvePolygon", "MultiCurve", "MultiSurface",
    "PolyhedralSurface", "Triangle", "Tin",
];

fn geometry(inside: &str) -> Option<String> {
    let (shape, system) = match inside.split_once(',') {
        None => (inside, None),
        Some((shape, system)) => (shape.trim_end(), Some(system.trim().parse::<u32>().ok()?)),
    };
    let lower = shape.to_ascii_lowercase();
    let mut found = None;
    for known in SHAPES {
        if let Some(dimensions) = lower.strip_prefix(&known.to_ascii_lowercase())
            && ["", "z", "m", "zm"].contains(&dimensions.trim_start())
        {
            found = Some(format!("{known}{}", dimensions.trim_start().to_ascii_uppercase()));
        }
    }
    let shape = found?;
    // Number 0 means that none is known; PostGIS does not write it.
    Some(match system {
        Some(number) if (1..=998_999).contains(&number) => format!("({shape},{number})"),
        Some(0) | None => format!("({shape})"),
        Some(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_extensions_come_out_in_one_spelling() {
        let cases = [
            ("citext", "CITEXT", Some("citext")),
            ("citext", "citext []", Some("citext[]")),
            ("citext", "citext(5)", None),
            ("citext", "hstore", None),
            ("vector", "vector( 384 )", Some("vector(384)")),
            ("vector", "vector(0)", None),
            ("postgis", "geometry(point, 4326)", Some("geometry(Point,4326)")),
            ("postgis", "geography(MULTIPOLYGONZM)", Some("geography(MultiPolygonZM)")),
            ("postgis", "geometry(heart,4326)", None),
        ];
        for (extension, text, expected) in cases {
            assert_eq!(extension_type(extension, text).as_deref(), expected, "{text}");
        }
        assert!(is_known_extension("pgcrypto") && !is_known_extension("timescaledb"));
    }
}
