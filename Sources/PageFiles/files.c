#include "PageFiles.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

static const unsigned char index_html[] = {
#embed "page/index.html"
};
static const unsigned char api_js[] = {
#embed "page/api.js"
};
static const unsigned char audit_js[] = {
#embed "page/audit.js"
};
static const unsigned char blame_js[] = {
#embed "page/blame.js"
};
static const unsigned char clock_js[] = {
#embed "page/clock.js"
};
static const unsigned char compare_js[] = {
#embed "page/compare.js"
};
static const unsigned char density_js[] = {
#embed "page/density.js"
};
static const unsigned char dom_js[] = {
#embed "page/dom.js"
};
static const unsigned char early_js[] = {
#embed "page/early.js"
};
static const unsigned char events_js[] = {
#embed "page/events.js"
};
static const unsigned char fields_js[] = {
#embed "page/fields.js"
};
static const unsigned char findings_js[] = {
#embed "page/findings.js"
};
static const unsigned char graph_js[] = {
#embed "page/graph.js"
};
static const unsigned char icon_svg[] = {
#embed "page/icon.svg"
};
static const unsigned char keys_js[] = {
#embed "page/keys.js"
};
static const unsigned char linediff_js[] = {
#embed "page/linediff.js"
};
static const unsigned char logs_js[] = {
#embed "page/logs.js"
};
static const unsigned char looks_js[] = {
#embed "page/looks.js"
};
static const unsigned char main_js[] = {
#embed "page/main.js"
};
static const unsigned char moment_js[] = {
#embed "page/moment.js"
};
static const unsigned char nodes_js[] = {
#embed "page/nodes.js"
};
static const unsigned char object_js[] = {
#embed "page/object.js"
};
static const unsigned char objectevents_js[] = {
#embed "page/objectevents.js"
};
static const unsigned char objects_js[] = {
#embed "page/objects.js"
};
static const unsigned char objectyaml_js[] = {
#embed "page/objectyaml.js"
};
static const unsigned char pages_js[] = {
#embed "page/pages.js"
};
static const unsigned char place_js[] = {
#embed "page/place.js"
};
static const unsigned char player_js[] = {
#embed "page/player.js"
};
static const unsigned char problem_js[] = {
#embed "page/problem.js"
};
static const unsigned char rows_js[] = {
#embed "page/rows.js"
};
static const unsigned char shell_css[] = {
#embed "page/shell.css"
};
static const unsigned char side_js[] = {
#embed "page/side.js"
};
static const unsigned char sides_js[] = {
#embed "page/sides.js"
};
static const unsigned char signin_js[] = {
#embed "page/signin.js"
};
static const unsigned char stepping_js[] = {
#embed "page/stepping.js"
};
static const unsigned char table_js[] = {
#embed "page/table.js"
};
static const unsigned char theme_js[] = {
#embed "page/theme.js"
};
static const unsigned char timeline_css[] = {
#embed "page/timeline.css"
};
static const unsigned char timeline_js[] = {
#embed "page/timeline.js"
};
static const unsigned char tokens_css[] = {
#embed "page/tokens.css"
};
static const unsigned char top_js[] = {
#embed "page/top.js"
};
static const unsigned char versiondiff_js[] = {
#embed "page/versiondiff.js"
};
static const unsigned char versions_js[] = {
#embed "page/versions.js"
};
static const unsigned char views_css[] = {
#embed "page/views.css"
};
static const unsigned char yaml_js[] = {
#embed "page/yaml.js"
};

#define FILE_OF(name, array) {name, array, sizeof array}

static const struct reckon_page_file files[] = {
    FILE_OF("index.html", index_html),
    FILE_OF("api.js", api_js),
    FILE_OF("audit.js", audit_js),
    FILE_OF("blame.js", blame_js),
    FILE_OF("clock.js", clock_js),
    FILE_OF("compare.js", compare_js),
    FILE_OF("density.js", density_js),
    FILE_OF("dom.js", dom_js),
    FILE_OF("early.js", early_js),
    FILE_OF("events.js", events_js),
    FILE_OF("fields.js", fields_js),
    FILE_OF("findings.js", findings_js),
    FILE_OF("graph.js", graph_js),
    FILE_OF("icon.svg", icon_svg),
    FILE_OF("keys.js", keys_js),
    FILE_OF("linediff.js", linediff_js),
    FILE_OF("logs.js", logs_js),
    FILE_OF("looks.js", looks_js),
    FILE_OF("main.js", main_js),
    FILE_OF("moment.js", moment_js),
    FILE_OF("nodes.js", nodes_js),
    FILE_OF("object.js", object_js),
    FILE_OF("objectevents.js", objectevents_js),
    FILE_OF("objects.js", objects_js),
    FILE_OF("objectyaml.js", objectyaml_js),
    FILE_OF("pages.js", pages_js),
    FILE_OF("place.js", place_js),
    FILE_OF("player.js", player_js),
    FILE_OF("problem.js", problem_js),
    FILE_OF("rows.js", rows_js),
    FILE_OF("shell.css", shell_css),
    FILE_OF("side.js", side_js),
    FILE_OF("sides.js", sides_js),
    FILE_OF("signin.js", signin_js),
    FILE_OF("stepping.js", stepping_js),
    FILE_OF("table.js", table_js),
    FILE_OF("theme.js", theme_js),
    FILE_OF("timeline.css", timeline_css),
    FILE_OF("timeline.js", timeline_js),
    FILE_OF("tokens.css", tokens_css),
    FILE_OF("top.js", top_js),
    FILE_OF("versiondiff.js", versiondiff_js),
    FILE_OF("versions.js", versions_js),
    FILE_OF("views.css", views_css),
    FILE_OF("yaml.js", yaml_js),
};

int reckon_page_file_count(void) { return sizeof files / sizeof files[0]; }

struct reckon_page_file reckon_page_file(int index) { return files[index]; }
