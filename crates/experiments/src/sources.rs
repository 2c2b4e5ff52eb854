//! The published sources, embedded: data/published, a file each.

/// Names and texts of the files.
pub(crate) const SOURCES: [(&str, &str); 20] = [
    ("amit-1985.toml", include_str!("../../../data/published/amit-1985.toml")),
    (
        "baillie-coddington-1991.toml",
        include_str!("../../../data/published/baillie-coddington-1991.toml"),
    ),
    (
        "carreira-perpinan-hinton-2005.toml",
        include_str!("../../../data/published/carreira-perpinan-hinton-2005.toml"),
    ),
    (
        "coddington-baillie-1992.toml",
        include_str!("../../../data/published/coddington-baillie-1992.toml"),
    ),
    ("du-2006.toml", include_str!("../../../data/published/du-2006.toml")),
    (
        "funai-giataganas-2020.toml",
        include_str!("../../../data/published/funai-giataganas-2020.toml"),
    ),
    ("iso-2018.toml", include_str!("../../../data/published/iso-2018.toml")),
    ("koch-2020.toml", include_str!("../../../data/published/koch-2020.toml")),
    ("liu-2017.toml", include_str!("../../../data/published/liu-2017.toml")),
    ("mehta-schwab-2014.toml", include_str!("../../../data/published/mehta-schwab-2014.toml")),
    (
        "nightingale-bloete-1996.toml",
        include_str!("../../../data/published/nightingale-bloete-1996.toml"),
    ),
    (
        "nightingale-bloete-2000.toml",
        include_str!("../../../data/published/nightingale-bloete-2000.toml"),
    ),
    ("ossola-sokal-2004.toml", include_str!("../../../data/published/ossola-sokal-2004.toml")),
    ("propp-wilson-1996.toml", include_str!("../../../data/published/propp-wilson-1996.toml")),
    ("salas-sokal-1997.toml", include_str!("../../../data/published/salas-sokal-1997.toml")),
    ("steffan-kuehn-1994.toml", include_str!("../../../data/published/steffan-kuehn-1994.toml")),
    (
        "sutskever-tieleman-2010.toml",
        include_str!("../../../data/published/sutskever-tieleman-2010.toml"),
    ),
    ("ter-hoeve-2018.toml", include_str!("../../../data/published/ter-hoeve-2018.toml")),
    ("torlai-melko-2016.toml", include_str!("../../../data/published/torlai-melko-2016.toml")),
    ("veiga-2020.toml", include_str!("../../../data/published/veiga-2020.toml")),
];
