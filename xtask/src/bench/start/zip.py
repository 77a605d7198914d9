"""Prints how large a program is as a Lambda package: zipped as one file, as small as deflate makes it."""

import io
import sys
import zipfile

package = io.BytesIO()
with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
    file.write(sys.argv[1], "bootstrap")
print(len(package.getvalue()))
