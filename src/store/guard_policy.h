/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who wrote a statement's text, and so what the guard lets it do. */
#pragma once

enum policy {
    POLICY_OWN,   /* constant text of dbd's own: transactions and PRAGMAs */
    POLICY_PAGE,  /* text made by sql/: reads, through whatever views and columns the database defines */
    POLICY_QUERY, /* text from a caller: reads, with low limits on lengths */
};
