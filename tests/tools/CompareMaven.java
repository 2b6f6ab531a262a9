// Reads pairs of versions, a line each, separated by a tab; prints <, = or > as Maven orders them.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import org.apache.maven.artifact.versioning.ComparableVersion;

class CompareMaven {
	public static void main(String[] arguments) throws IOException {
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
		StringBuilder out = new StringBuilder();
		for (String line; (line = in.readLine()) != null;) {
			String[] pair = line.split("\t", -1);
			int order = new ComparableVersion(pair[0]).compareTo(new ComparableVersion(pair[1]));
			out.append(order < 0 ? "<\n" : order > 0 ? ">\n" : "=\n");
		}
		System.out.print(out);
	}
}
