/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions that answer: one file a resource; route.h says what they must do. */
#pragma once

#include "api/reply.h"

int index_answer(struct request *req, struct reply *reply);
int health_answer(struct request *req, struct reply *reply);
int metrics_answer(struct request *req, struct reply *reply);
int versions_answer(struct request *req, struct reply *reply);
int settings_answer(struct request *req, struct reply *reply);
int databases_answer(struct request *req, struct reply *reply);
int actor_answer(struct request *req, struct reply *reply);
int database_answer(struct request *req, struct reply *reply);
int table_answer(struct request *req, struct reply *reply);
int row_answer(struct request *req, struct reply *reply);
int query_answer(struct request *req, struct reply *reply);
