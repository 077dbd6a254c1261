#pragma once

#include "api/handlers.hpp"

namespace nvrhub::api {

/// In a cluster one server decides about alerts: calls the handler if that is this one, else has that one carry out the
/// call (cluster.md, "What users get"). Without the cluster's secret the handler refuses it. Answers 503
/// `owner_unreachable` if the other one does not answer.
void call_where_alerts_are(Context& context, Executor executor, Request request, Respond respond, Handler handler);

/// What the caller may do, for another server. `decode`: null if it is malformed.
std::string encode_grant(const access::Grant& grant);
access::GrantPtr decode_grant(const std::string& text);

} // namespace nvrhub::api
