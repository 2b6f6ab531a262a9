# stub: computed 2.0.0.pre1 ruby lib
require_relative "lib/computed/version"
Gem::Specification.new do |spec|
  spec.name = 'computed'
  spec.version = Computed::VERSION
end
