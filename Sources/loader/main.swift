print("loader")
