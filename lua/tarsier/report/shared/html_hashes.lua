-- The hashes by which the content security policy of the HTML report allows its style and its script. A spec compares
-- them with the texts.

return {
  style = "sha256-zUdNV7mYqZxyZhd13ya+d2H7m1WB2u057b+1rRxV1mY=",
  script = "sha256-QH4Hr5bPbv0pDkZRK5B4KLtEMwQySyP9qmothXB+9xU=",
}
