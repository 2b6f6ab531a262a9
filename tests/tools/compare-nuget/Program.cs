// Reads pairs of versions, a line each, separated by a tab; prints <, = or > as NuGet orders them, or "invalid".

using System;
using NuGet.Versioning;

static class Program
{
	static string Compare(string[] pair)
	{
		if (!NuGetVersion.TryParse(pair[0], out var left) || !NuGetVersion.TryParse(pair[1], out var right))
			return "invalid";
		int order = VersionComparer.VersionRelease.Compare(left, right);
		return order < 0 ? "<" : order > 0 ? ">" : "=";
	}

	static void Main()
	{
		for (string line; (line = Console.ReadLine()) != null;)
			Console.WriteLine(Compare(line.Split('\t')));
	}
}
