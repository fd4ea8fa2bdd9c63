/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdbool.h>
#include <strings.h>

#include "http/framing.h"

struct seen {
    unsigned lengths, encodings, hosts;
    bool chunked;
    bool bad_name;
};

/* RFC 9110, section 5.6.2. */
static bool is_token(const char *name, size_t n)
{
    bool good = n > 0;
    for (size_t i = 0; i < n && good; i++)
        good = isalnum((unsigned char)name[i]) || (name[i] && strchr("!#$%&'*+-.^_`|~", name[i]));
    return good;
}

static enum MHD_Result look(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
                            size_t value_len)
{
    struct seen *s = cls;
    (void)kind;
    s->bad_name |= !is_token(name, name_len) || (value && memchr(value, '\0', value_len));
    s->lengths += strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0;
    s->hosts += strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0;
    if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        s->encodings++;
        s->chunked = value && strcasecmp(value, "chunked") == 0;
    }
    return MHD_YES;
}

int framing_check(struct MHD_Connection *mhd, bool http10, struct error *e)
{
    struct seen s = {0};
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, look, &s);
    if (s.bad_name)
        return error_set(e, ERR_BAD_INPUT, "a header's name or value has a character that may not be there");
    if (s.hosts != 1 && !(http10 && s.hosts == 0))
        return error_set(e, ERR_BAD_INPUT, "a request has one Host header");
    if (s.lengths > 1 || s.encodings > 1 || (s.lengths && s.encodings) || (s.encodings && http10))
        return error_set(e, ERR_BAD_INPUT, "the headers say more than once how long the body is");
    if (s.encodings && !s.chunked)
        return error_set(e, ERR_BAD_INPUT, "the only Transfer-Encoding that is known is chunked");
    return 0;
}
