/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "../tap.h"

static void test_texts(void)
{
    bool all = true, different = true;
    for (int code = 0; code >= ERR_SYSTEM; code--) {
        const char *text = error_text(code);
        all = all && text && *text;
        for (int other = 0; other > code; other--)
            different = different && !streq(text, error_text(other));
    }
    ok(all, "every code has a text");
    ok(different, "and no two the same");
    ok(error_text(-1000) && *error_text(-1000), "an unknown code has one, too");
}

static void test_set(void)
{
    struct error e = {0};
    is_int(error_set(&e, ERR_SYNTAX, "at %d: %s", 5, "x"), ERR_SYNTAX, "error_set returns the code");
    is_int(e.code, ERR_SYNTAX, "and records it");
    is_str(e.text, "at 5: x", "and the text");
    is_int(error_set(NULL, ERR_SQL, "lost"), ERR_SQL, "without a struct error only the code counts");
    is_int(error_system(&e, ENOENT, "open x.db"), ERR_SYSTEM, "error_system returns ERR_SYSTEM");
    is_str(e.text, "open x.db: No such file or directory", "and says what failed and why");
}

/* The cut text must be valid UTF-8: character by character, whatever the place of the cut. */
static void test_cut(void)
{
    static const char *const characters[] = {"x", "\303\251", "\342\202\254", "\360\237\230\200"};
    for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
        size_t width = strlen(characters[i]);
        for (size_t shift = 0; shift < width; shift++) {
            char text[2 * ERROR_TEXT_MAX] = "";
            memset(text, 'a', shift);
            size_t n = shift;
            for (; n + width < sizeof text; n += width)
                memcpy(text + n, characters[i], width);
            text[n] = '\0';
            struct error e;
            error_set(&e, ERR_SQL, "%s", text);
            size_t len = strlen(e.text);
            ok(len < ERROR_TEXT_MAX && len + width >= ERROR_TEXT_MAX && (len - shift) % width == 0 &&
                   memcmp(e.text, text, len) == 0,
               "a long text of %zu-byte characters after %zu others is cut between two", width, shift);
        }
    }
}

int main(void)
{
    test_texts();
    test_set();
    test_cut();
    return done();
}
