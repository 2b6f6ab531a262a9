Gem::Specification.new do |spec|
  spec.name = %q<version>
  spec.version = Gem::Version.new('1.2')
end
