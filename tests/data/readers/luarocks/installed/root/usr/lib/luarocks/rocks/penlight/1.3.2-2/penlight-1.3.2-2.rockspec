local _V = "1.3.2"
package = "penlight"
version = _V .. "-2"
