#pragma once

#include <memory>
#include <string>
#include <utility>

#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/http/connection.hpp"
#include "net/http/http_response.hpp"

namespace nvrhub::net {

/// An answer that is sent piece by piece (connection_pieces.cpp): its head, the piece that is being written, and where
/// the next one comes from.
struct HttpConnection::Pieces {
  Pieces(std::shared_ptr<HttpResponse> its_head, std::shared_ptr<api::BodyStream> its_rest, bool its_keep_alive)
      : head(std::move(its_head)), serializer(*head), rest(std::move(its_rest)), piece(std::move(head->body())),
        is_chunked(head->chunked()), keep_alive(its_keep_alive) {
    head->body().clear();
  }

  const std::shared_ptr<HttpResponse> head;
  boost::beast::http::response_serializer<boost::beast::http::string_body> serializer;
  const std::shared_ptr<api::BodyStream> rest;
  std::string piece;
  const bool is_chunked; // else HTTP/1.0: the end of the body is that of the connection
  const bool keep_alive;
};

} // namespace nvrhub::net
