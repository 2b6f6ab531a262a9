  s.name = "unclosed
  s.version = "1"
